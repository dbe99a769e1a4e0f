import { dropArea, paintingPlace } from './easel.ts';
import { Network, type Painted } from './network.ts';
import { squareOf, valuesOf } from './picture.ts';

/** A painting is told to whoever listens: `document.addEventListener('painted', ({ detail }) => ...)`. */
declare global {
  interface DocumentEventMap {
    painted: CustomEvent<Painted>;
  }
}

const easel = elementById('easel');
const status = elementById('status');

void Network.load('model.json')
  .then((network) => {
    elementById('name').textContent = `${network.name}, ${network.iteration} iterations`;
    document.title = `${network.name} · Atelier`;
    if (network.inputs.has('noise')) paintNoise(network);
    else paintPictures(network);
  })
  .catch((error: unknown) => say(`The network cannot be loaded: ${messageOf(error)}`, true));

function paintPictures(network: Network): void {
  const given = new Map<string, Float32Array>();
  const areas = ['content', 'style'].map((name) => {
    const [, size = 0, , channels] = network.inputs.get(name) ?? [];
    const title = name === 'content' ? 'Content' : 'Style';
    const hint = `Drop a picture or click to choose one. Its middle square is used, at ${size} pixels.`;
    const area = dropArea(title, hint, size, (file) => {
      void squareOf(file, size, channels === 1 ? 1 : 3)
        .then((square) => {
          const values = valuesOf(square);
          given.set(name, values);
          area.draw({ ...square, values });
          return given.size === 2 ? paint() : say('Now the other one.');
        })
        .catch((error: unknown) =>
          say(`${file.name} is no picture to paint with: ${messageOf(error)}`, true),
        );
    });
    return area.place;
  });
  const [, height = 0, width = 0] = network.inputs.get('style') ?? [];
  const painting = paintingPlace([width, height], 'Save', () => save(painting.canvas));
  painting.button.disabled = true;
  easel.replaceChildren(...areas, painting.place);
  say('Give it a content and a style.');

  async function paint(): Promise<void> {
    painting.draw(await painted(network, Object.fromEntries(given)));
    painting.button.disabled = false;
  }
}

function paintNoise(network: Network): void {
  const numValues = (network.inputs.get('noise') ?? []).reduce((product, size) => product * size, 1);
  const painting = paintingPlace([32, 32], 'Another', () => {
    void painted(network, { noise: Float32Array.from({ length: numValues }, normal) })
      .then(painting.draw)
      .catch((error: unknown) => say(messageOf(error), true));
  });
  easel.replaceChildren(painting.place);
  painting.button.click();
}

async function painted(network: Network, inputs: Readonly<Record<string, Float32Array>>): Promise<Painted> {
  const start = performance.now();
  const painting = await network.paint(inputs);
  say(`Painted in ${Math.round(performance.now() - start)} ms.`);
  document.dispatchEvent(new CustomEvent('painted', { detail: painting }));
  return painting;
}

function save(canvas: HTMLCanvasElement): void {
  const link = document.createElement('a');
  link.download = 'painted.png';
  link.href = canvas.toDataURL('image/png');
  link.click();
}

/** Box and Muller. */
function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function say(text: string, isFault = false): void {
  status.textContent = text;
  status.classList.toggle('fault', isFault);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function elementById(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found;
}
