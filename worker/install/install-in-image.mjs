// @ts-check
// Installs the engine before there is a command to do it with: `node worker/install/install-in-image.mjs cpu|cuda`.
import { installEngine } from './install-engine.mjs';

const variant = process.argv[2];
if (variant !== 'cpu' && variant !== 'cuda') throw new Error(`which engine: cpu or cuda, not ${variant}`);
const { folder, tensorflow } = await installEngine({ variant, report: (status) => console.error(status) });
console.log(`TensorFlow ${tensorflow} (${variant}) in ${folder}`);
