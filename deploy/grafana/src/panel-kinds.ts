import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Query } from './promql.ts';

/** Every panel asks the data source that is chosen at the top of its dashboard. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own.
export const DATA_SOURCE: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

/** Of 24. */
const STAT_WIDTH = 3;
const STAT_HEIGHT = 4;
const CURVE_HEIGHT = 8;

interface Words {
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly description: string;
  /** Of Grafana: 's', 'bytes', 'percentunit'. Plain numbers without. */
  readonly unit?: string;
}

/** From which value on which colour; what lies below the first is green, or the colour named `below`. */
export interface Limits {
  readonly below?: string;
  readonly from: readonly (readonly [value: number, color: string])[];
}

/** Of time that ought to go into computing: red where the alert comes. */
export const GOOD_SHARE: Limits = {
  below: 'red',
  from: [
    [0.4, 'yellow'],
    [0.7, 'green'],
  ],
};

export interface StatWords extends Words {
  readonly width?: number;
  readonly decimals?: number;
  readonly limits?: Limits;
  /** Values that are shown as words, with a colour. */
  readonly words?: Readonly<Record<string, string>>;
  readonly noValue?: string;
  /** Shows the series' names instead of their values, each in its colour. */
  readonly names?: Readonly<Record<string, string>>;
}

/** One number to read at a glance. */
export function stat(options: StatWords, ...queries: readonly Query[]): StatBuilder {
  const { title, description, unit = 'none', width = STAT_WIDTH, limits, words, names } = options;
  const panel = new StatBuilder()
    .title(title)
    .description(description)
    .datasource(DATA_SOURCE)
    .unit(unit)
    .span(width)
    .height(STAT_HEIGHT)
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .thresholds(thresholdsOf(limits))
    // Instant: a state that the run has left is no series any more.
    .targets(queries.map((query, i) => targetOf(query, i).instant()));
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  if (options.noValue !== undefined) panel.noValue(options.noValue);
  if (words !== undefined) panel.mappings([mappingOf(words)]);
  if (names !== undefined) panel.textMode(common.BigValueTextMode.Name).overrides(colorsOf(names));
  return panel;
}

export interface CurveWords extends Words {
  readonly width?: number;
  readonly max?: number;
  readonly isLogarithmic?: boolean;
  /** Drawn as a dashed line in the colour that it begins. */
  readonly limits?: Limits;
  /** On top of each other: 'percent' makes them add up to 100%. */
  readonly stack?: 'normal' | 'percent';
  /** Counts of what happens seldom. */
  readonly asBars?: boolean;
  /** By series name. */
  readonly colors?: Readonly<Record<string, string>>;
}

/** Series over time. */
export function curves(options: CurveWords, ...queries: readonly Query[]): TimeSeriesBuilder {
  const { title, description, unit = 'short', width = 12, stack, limits, asBars = false } = options;
  const panel = new TimeSeriesBuilder()
    .title(title)
    .description(description)
    .datasource(DATA_SOURCE)
    .unit(unit)
    .span(width)
    .height(CURVE_HEIGHT)
    .drawStyle(asBars ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(stack !== undefined || asBars ? 60 : 0)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    )
    .targets(queries.map((query, i) => targetOf(query, i)));
  if (options.isLogarithmic === true) {
    const scale = new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10);
    panel.scaleDistribution(scale);
  }
  if (options.max !== undefined) panel.min(0).max(options.max);
  if (stack !== undefined) {
    const mode = stack === 'percent' ? common.StackingMode.Percent : common.StackingMode.Normal;
    panel.stacking(new common.StackingConfigBuilder().mode(mode).group('A')).min(0);
  }
  if (limits !== undefined) {
    const style = new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed);
    panel.thresholds(thresholdsOf(limits)).thresholdsStyle(style);
  }
  if (options.colors !== undefined) panel.overrides(colorsOf(options.colors));
  return panel;
}

/** Which of some states held when. */
export function stateTimeline(
  options: Words & { readonly words: Readonly<Record<string, string>>; readonly width: number },
  ...queries: readonly Query[]
): StateTimelineBuilder {
  return new StateTimelineBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(DATA_SOURCE)
    .span(options.width)
    .height(CURVE_HEIGHT)
    .showValue(common.VisibilityMode.Never)
    .mappings([mappingOf(options.words)])
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
    .targets(queries.map((query, i) => targetOf(query, i)));
}

export interface Column {
  readonly title: string;
  readonly expr: string;
  readonly unit?: string;
  readonly decimals?: number;
}

/** The last values, a row for each set of labels. */
export function table(options: Words, ...columns: readonly Column[]): TableBuilder {
  const names = columns.map(({ title }, i) => [`Value #${refIdOf(i)}`, title] as const);
  const panel = new TableBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(DATA_SOURCE)
    .span(24)
    .height(CURVE_HEIGHT)
    .targets(
      columns.map(({ expr }, i) => targetOf({ expr, legend: '' }, i).instant().format(PromQueryFormat.Table)),
    )
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: { excludeByName: { Time: true }, renameByName: Object.fromEntries(names) },
    });
  for (const { title, unit = 'none', decimals } of columns) {
    const places = decimals === undefined ? [] : [{ id: 'decimals', value: decimals }];
    panel.overrideByName(title, [{ id: 'unit', value: unit }, ...places]);
  }
  return panel;
}

export type Panel = Builder<dashboard.Panel>;

function targetOf({ expr, legend }: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(refIdOf(index))
    .datasource(DATA_SOURCE)
    .expr(expr)
    .legendFormat(legend)
    .range();
}

function refIdOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function thresholdsOf(limits: Limits | undefined): dashboard.ThresholdsConfigBuilder {
  const steps = [
    { value: null, color: limits?.below ?? (limits === undefined ? 'text' : 'green') },
    ...(limits?.from ?? []).map(([value, color]) => ({ value, color })),
  ];
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps);
}

/** "0": "red no" shows a 0 as a red "no". */
function mappingOf(words: Readonly<Record<string, string>>): dashboard.ValueMap {
  const results = Object.entries(words).map(([value, colorAndText], index) => {
    const [color = '', ...text] = colorAndText.split(' ');
    return [value, { color, text: text.join(' '), index }] as const;
  });
  return { type: dashboard.MappingType.ValueToText, options: Object.fromEntries(results) };
}

function colorsOf(
  names: Readonly<Record<string, string>>,
): { matcher: dashboard.MatcherConfig; properties: dashboard.DynamicConfigValue[] }[] {
  return Object.entries(names).map(([name, fixedColor]) => ({
    matcher: { id: 'byName', options: name },
    properties: [{ id: 'color', value: { mode: 'fixed', fixedColor } }],
  }));
}
