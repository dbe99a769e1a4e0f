import type { Painted } from './network.ts';
import { show } from './picture.ts';

/** A place on the page for a picture, with a title. */
export function placeFor(tag: 'section' | 'label', title: string, size: readonly [number, number]) {
  const place: HTMLElement = document.createElement(tag);
  place.className = 'place';
  const heading = document.createElement('h2');
  heading.textContent = title;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = size;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${title}: nothing yet`);
  place.append(heading, canvas);
  const draw = (picture: Painted): void => {
    show(canvas, picture);
    canvas.setAttribute('aria-label', title);
  };
  return { place, canvas, draw };
}

/**
 * An area that takes a picture: dropped, chosen by click or by keyboard.
 * @param take what is done with each
 */
export function dropArea(title: string, hint: string, size: number, take: (file: File) => void) {
  const { place, draw } = placeFor('label', title, [size, size]);
  place.classList.add('drop');
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = 'image/*';
  input.setAttribute('aria-label', title);
  const words = document.createElement('p');
  words.textContent = hint;
  place.append(words, input);
  const takeFirst = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file !== undefined) take(file);
  };
  input.addEventListener('change', () => takeFirst(input.files));
  place.addEventListener('dragover', (event) => {
    event.preventDefault();
    place.classList.add('over');
  });
  place.addEventListener('dragleave', () => place.classList.remove('over'));
  place.addEventListener('drop', (event) => {
    event.preventDefault();
    place.classList.remove('over');
    takeFirst(event.dataTransfer?.files);
  });
  return { place, draw };
}

/** The painting, and a button beneath it. */
export function paintingPlace(size: readonly [number, number], label: string, press: () => void) {
  const { place, canvas, draw } = placeFor('section', 'Painted', size);
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  button.addEventListener('click', press);
  place.append(button);
  return { place, canvas, draw, button };
}
