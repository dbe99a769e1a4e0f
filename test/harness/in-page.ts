/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// Run inside the page by the browser: each of these is sent as its source and uses nothing from outside itself.

/** What a person who drags a file brings along. */
export function transferOf(file: { readonly name: string; readonly base64: string }): DataTransfer {
  const bytes = Uint8Array.from(atob(file.base64), (char) => char.charCodeAt(0));
  const type = file.name.endsWith('.png') ? 'image/png' : '';
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], file.name, { type }));
  return transfer;
}

/** How many clearly different colours a canvas shows. */
export function numColorsOf(canvas: HTMLCanvasElement | SVGElement | HTMLElement): number {
  if (!(canvas instanceof HTMLCanvasElement)) return 0;
  const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  const colors = new Set<string>();
  for (let i = 0; i < pixels.length; i += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = pixels.slice(i, i + 4);
    if (alpha > 200) colors.add([red, green, blue].map((value) => value >> 6).join());
  }
  return colors.size;
}

/** The texts that are harder to read than WCAG's level AA allows, with their contrast. */
export function poorContrastsOf(): string[] {
  type Color = readonly [number, number, number, number];
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgbaOf = (color: string): Color => {
    if (context === null) throw new Error('no canvas');
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = ([r, g, b, alpha]: Color, below: Color): Color => {
    const mix = (above: number, under: number) => above * alpha + under * (1 - alpha);
    return [mix(r, below[0]), mix(g, below[1]), mix(b, below[2]), 1];
  };
  const backgroundOf = (element: Element | null): Color => {
    if (element === null) return [255, 255, 255, 1];
    return over(rgbaOf(getComputedStyle(element).backgroundColor), backgroundOf(element.parentElement));
  };
  const luminanceOf = ([r, g, b]: Color): number => {
    const linear = (value: number) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const poor: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const element = text.parentElement;
    if (element === null || text.textContent?.trim() === '' || !element.checkVisibility()) continue;
    // What cannot be used now may be pale.
    if (element.closest(':disabled, noscript') !== null) continue;
    const background = backgroundOf(element);
    const [a, b] = [over(rgbaOf(getComputedStyle(element).color), background), background].map(luminanceOf);
    if (a === undefined || b === undefined) continue;
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) poor.push(`${contrast.toFixed(1)}: ${text.textContent?.trim()}`);
  }
  return poor;
}

/** Whether something lies beyond the right edge of the window. */
export function overflows(): boolean {
  return document.documentElement.scrollWidth > innerWidth;
}

/** The pixels of a picture's width, once it is there. */
export async function widthOf(picture: HTMLElement | SVGElement): Promise<number> {
  if (!(picture instanceof HTMLImageElement)) return 0;
  await picture.decode();
  return picture.naturalWidth;
}

/** "rgb(246, 246, 244)" */
export function groundOf(): string {
  return getComputedStyle(document.body).backgroundColor;
}
