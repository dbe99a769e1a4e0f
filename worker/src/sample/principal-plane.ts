import { Matrix, SVD } from 'ml-matrix';

export interface PrincipalPlane {
  /** Of each row: along the two directions in which the rows differ most. */
  readonly places: readonly (readonly [number, number])[];
  /** The share of the rows' variance that the two directions show, 0 to 1. */
  readonly shown: number;
}

/** Principal component analysis by the singular values of the centred rows. @param rows two or more, of one length */
export function principalPlaneOf(rows: readonly (readonly number[])[]): PrincipalPlane {
  const centred = new Matrix(rows.map((row) => [...row])).center('column');
  const { diagonal, rightSingularVectors } = new SVD(centred, { autoTranspose: true });
  const places = centred
    .mmul(rightSingularVectors)
    .to2DArray()
    .map(([x = 0, y = 0]) => [x, y] as const);
  const variances = diagonal.map((value) => value * value);
  const [first = 0, second = 0] = variances;
  return { places, shown: (first + second) / variances.reduce((sum, value) => sum + value, 0) };
}
