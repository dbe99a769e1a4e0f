import type { EvaluationReport } from '@atelier/worker/evaluate/report';
import { describe, expect, it } from 'vitest';
import { reportPage } from './report-page.ts';
import { reportText } from './report-text.ts';

const report: EvaluationReport = {
  version: 1,
  content: { name: 'mnist (test)', digest: 'a', numExamples: 10_000 },
  style: { name: 'textures (test)', digest: 'b', numExamples: 256 },
  numPairs: 100,
  seeds: [1, 2],
  evaluators: {
    judge: { plain: 0.99, composited: 0.95, numPictures: 1000, numSteps: 2500 },
    style: { recognised: 0.5, numExemplars: 512, numCrops: 1000, numSteps: 1500 },
  },
  features: 'exemplar-64',
  rows: [
    { kind: 'baseline', name: '<b> & "c"', values: { judge: { mean: 0.5 } } },
    {
      kind: 'run',
      name: 'demo',
      values: { judge: { mean: 0.8734, spread: 0.0121 } },
      checkpoint: { step: 2400, iteration: 1200, digest: 'c' },
      bars: [{ metric: 'judge', wanted: 'at least', limit: 0.9, value: 0.8734, isMet: false }],
    },
  ],
  caveats: ['the runs were trained on them'],
  fingerprint: {
    tensorflow: '2',
    tfjs: '4',
    v8: '11',
    device: 'cpu',
    intraOpThreads: 1,
    oneDnn: true,
    deterministic: true,
    compile: true,
    ops: 'tensorflow',
  },
};

describe('the report of an evaluation', () => {
  it('shows each row, what is not known, the spread, the missed bars, the evaluators and what to mind', () => {
    const text = reportText(report);
    expect(text).toMatch(/^demo, iteration 1200 +0\.873 ±0\.012 +–/m);
    expect(text).toContain('demo: 0 of 1 bars met; missed: judge 0.873 (at least 0.900)');
    expect(text).toContain('right on 99.0% of plain contents');
    expect(text).toContain('mind: the runs were trained on them');
  });

  it('is a page that shows names as they are and loads nothing from elsewhere', () => {
    const url = 'data:image/png;base64,AAAA';
    const page = reportPage(report, [{ content: url, style: url, rows: [{ name: 'demo', url }] }]);
    expect(page).toContain('&#60;b&#62; &#38; &#34;c&#34;');
    expect(page.match(/<img /g)).toHaveLength(3);
    expect(page.match(/(src|href)="(?!data:)/g)).toBeNull();
  });
});
