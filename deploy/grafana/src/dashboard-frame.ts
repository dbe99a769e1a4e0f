import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { DATA_SOURCE, type Panel } from './panel-kinds.ts';

/** Of all our dashboards: the links among them go by it. */
const TAG = 'atelier';

export interface DashboardWords {
  /** Part of its address: bookmarks hold on to it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Whether workers can be chosen. */
  readonly hasWorkers?: boolean;
}

/** Panels in rows of 24 columns, under a heading if they have one. */
export interface Section {
  readonly title?: string;
  readonly panels: readonly Panel[];
}

/** What all dashboards have in common: variables, links to each other, the time range. */
export function dashboardOf(words: DashboardWords, sections: readonly Section[]): dashboard.Dashboard {
  const { uid, title, description, hasWorkers = false } = words;
  const builder = new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
    .variables(hasWorkers ? [...runVariables(), workerVariable()] : runVariables());
  for (const { title: heading, panels } of sections) {
    if (heading !== undefined) builder.withRow(new dashboard.RowBuilder(heading));
    for (const panel of panels) builder.withPanel(panel);
  }
  const { panels = [], templating, ...rest } = builder.build();
  return {
    ...rest,
    links: [TO_THE_OTHERS],
    templating: { list: (templating.list ?? []).map(withoutInterval) },
    panels: panels.map((panel, i) => ({ ...panel, id: i + 1 })),
  };
}

/** The coordinator is that of the run, at all its addresses: it may have been started again elsewhere. */
function runVariables() {
  return [
    new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    labelValues('run', 'label_values(atelier_run_info, run)').label('Run'),
    allLabelValues('coordinator', 'label_values(atelier_run_info{run=~"$run"}, instance)').hide(
      dashboard.VariableHide.HideVariable,
    ),
  ];
}

/** Those that the run's coordinator knows. */
function workerVariable(): dashboard.QueryVariableBuilder {
  const speed = 'atelier_coordinator_worker_speed_virtual_workers_per_second';
  const query = `label_values(${speed}{instance=~"$coordinator"}, worker)`;
  return allLabelValues('worker', query).label('Worker');
}

function allLabelValues(name: string, query: string): dashboard.QueryVariableBuilder {
  return labelValues(name, query).multi(true).includeAll(true).current({ text: 'All', value: '$__all' });
}

function labelValues(name: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .datasource(DATA_SOURCE)
    .query(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc);
}

/** Not made by the SDK's builder, which hides links in a menu. */
const TO_THE_OTHERS: dashboard.DashboardLink = {
  title: 'Atelier',
  type: dashboard.DashboardLinkType.Dashboards,
  icon: 'external link',
  tooltip: '',
  tags: [TAG],
  asDropdown: false,
  targetBlank: false,
  includeVars: true,
  keepTime: true,
};

/** The SDK gives every variable the fields of an interval variable; Grafana's schema has them in no other. */
function withoutInterval(variable: dashboard.VariableModel): dashboard.VariableModel {
  const rest = { ...variable };
  for (const field of ['auto', 'auto_count', 'auto_min'] as const) delete rest[field];
  return rest;
}
