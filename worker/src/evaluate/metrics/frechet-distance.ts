import { covariance, EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** A normal distribution as feature vectors have it. */
export interface Gaussian {
  readonly mean: readonly number[];
  /** Symmetric. */
  readonly covariance: Matrix;
}

/** @param vectors at least two, of one length */
export function gaussianOf(vectors: readonly ArrayLike<number>[]): Gaussian {
  const rows = new Matrix(vectors.map((vector) => Array.from(vector)));
  return { mean: rows.mean('column'), covariance: covariance(rows) };
}

/**
 * Squared Frechet distance of two normal distributions (Dowson and Landau 1982):
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2). In the features of InceptionV3 it is known as FID; in any others
 * it carries the features' name.
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  const betweenMeans = a.mean.reduce((sum, value, i) => sum + (value - (b.mean[i] ?? 0)) ** 2, 0);
  const rootA = rootOf(a.covariance);
  const product = rootA.mmul(b.covariance).mmul(rootA);
  const traceOfRoot = eigenvaluesOf(product).reduce((sum, value) => sum + Math.sqrt(value), 0);
  return betweenMeans + a.covariance.trace() + b.covariance.trace() - 2 * traceOfRoot;
}

/** C^1/2 of a symmetric positive semidefinite matrix. */
function rootOf(matrix: Matrix): Matrix {
  const { eigenvectorMatrix: vectors, realEigenvalues } = new EigenvalueDecomposition(symmetric(matrix), {
    assumeSymmetric: true,
  });
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
  return vectors.mmul(roots).mmul(vectors.transpose());
}

/** Rounding may bring those that are 0 below it. */
function eigenvaluesOf(matrix: Matrix): number[] {
  const { realEigenvalues } = new EigenvalueDecomposition(symmetric(matrix), { assumeSymmetric: true });
  return realEigenvalues.map((value) => Math.max(0, value));
}

/** Rounded to what float64 holds of the largest element: the decomposition fails where squares of elements underflow. */
function symmetric(matrix: Matrix): Matrix {
  const mean = Matrix.add(matrix, matrix.transpose()).mul(0.5);
  const least = Number.EPSILON * Math.max(Math.abs(mean.max()), Math.abs(mean.min()));
  return mean.apply((row, column) => {
    if (Math.abs(mean.get(row, column)) <= least) mean.set(row, column, 0);
  });
}
