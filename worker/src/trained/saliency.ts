import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Model } from '../model/define-model.ts';
import { ModelError } from '../model/model-error.ts';
import type { TrainedTensors } from './group-tensors.ts';
import type { JudgedImages, JudgeInputs } from './trained-work.ts';

/**
 * What a discriminator thinks of images and which pixels its opinion hangs on: the gradient of the logit (Simonyan, Vedaldi
 * and Zisserman 2014), by its largest component over the channels.
 * @throws ModelError when the model has no judge
 */
export function judgeImages(
  { name, judge, domains, generate }: Model,
  { parameters }: TrainedTensors,
  { images, shape, styles }: JudgeInputs,
): JudgedImages {
  if (judge === undefined) {
    throw new ModelError('no-judge', `model '${name}' has no judge: add one (see define-model.ts)`);
  }
  const styleSize = generate.kind === 'stylize' ? (domains[generate.style]?.size ?? 0) : 0;
  return tf.tidy(() => {
    const styleNHWC =
      styles === undefined ? undefined : tf.tensor4d(styles.slice(), [shape[0], styleSize, styleSize, 3]);
    const score = (x: tf.Tensor): tf.Tensor2D => judge.run(parameters, x as tf.Tensor4D, styleNHWC);
    const imagesNHWC = tf.tensor4d(images.slice(), [...shape]);
    const slopes = tf.grad((x) => tf.sum(score(x)))(imagesNHWC);
    return {
      logits: score(imagesNHWC).dataSync<'float32'>(),
      saliency: tf.max(tf.abs(slopes), 3).dataSync<'float32'>(),
    };
  });
}
