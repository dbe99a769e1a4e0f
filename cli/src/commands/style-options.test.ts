import { describe, expect, it } from 'vitest';
import { collectStyle, mixOf, share, singlesOf } from './style-options.ts';

const picture = (name: string) => ({
  name,
  tile: { height: 1, width: 1, channels: 3, pixels: new Float32Array(3) },
});

describe('collectStyle', () => {
  it('takes a weight from the end of a path only', () => {
    const styles = collectStyle('b=2/c.png', collectStyle('a.png=.25', collectStyle('monet/=3')));
    expect(styles).toEqual([
      { path: 'monet/', weight: 3 },
      { path: 'a.png', weight: 0.25 },
      { path: 'b=2/c.png', weight: undefined },
    ]);
    expect(() => collectStyle('a.png=0')).toThrow(/leave this style out/);
  });
});

describe('mixOf', () => {
  it('shares what a folder weighs among its pictures', () => {
    const given = { pictures: ['a', 'b', 'c'].map(picture), counts: [1, 2] };
    const options = [
      { path: 'a.png', weight: 3 },
      { path: 'folder', weight: undefined },
    ];
    expect(mixOf(options, given).weights).toEqual([0.75, 0.125, 0.125]);
    expect(singlesOf(given).map(({ weights }) => weights)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });
});

describe('share', () => {
  it.each(['1.5', '-0.1', '', 'half'])('refuses %j', (value) => {
    expect(() => share(value)).toThrow(/from 0 to 1/);
  });
});
