import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../deploy/grafana/dashboards', import.meta.url));
const LABEL_VALUES = /^label_values\((?<selector>.+), (?<label>\w+)\)$/;

/** The series that an expression gives, as far as a variable needs them. */
export type Ask = (expr: string) => Promise<readonly { readonly metric: Readonly<Record<string, string>> }[]>;

export interface PanelQuery {
  /** Dashboard and panel, for a person. */
  readonly name: string;
  readonly expr: string;
}

interface DashboardJson {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
  }[];
  readonly templating: {
    readonly list: readonly {
      readonly type: string;
      readonly name: string;
      readonly query: string;
      readonly includeAll: boolean;
    }[];
  };
}

/** A dashboard as it is committed, asked as Grafana would ask it. */
export class DashboardFile {
  readonly #json: DashboardJson;

  constructor(json: DashboardJson) {
    this.#json = json;
  }

  static all(): DashboardFile[] {
    const texts = readdirSync(FOLDER).map((name) => readFileSync(`${FOLDER}/${name}`, 'utf8'));
    return texts.map((text) => new DashboardFile(JSON.parse(text) as DashboardJson));
  }

  /**
   * Every panel's queries, the variables in them replaced by what they choose at first: the first value, or all.
   * @param fixed Grafana's own variables
   */
  async queries(ask: Ask, fixed: Readonly<Record<string, string>>): Promise<PanelQuery[]> {
    const { title, panels, templating } = this.#json;
    const values: Record<string, string> = { ...fixed };
    const fill = (text: string) => text.replaceAll(/\$(\w+)/g, (whole, name) => values[name] ?? whole);
    for (const { type, name, query, includeAll } of templating.list) {
      if (type !== 'query') continue;
      const { selector = '', label = '' } = LABEL_VALUES.exec(fill(query))?.groups ?? {};
      const series = await ask(`group by (${label}) (${selector})`);
      const found = series.flatMap(({ metric }) => metric[label] ?? []).sort();
      // One that has no value is nobody's name.
      values[name] = (includeAll ? found.join('|') : found[0]) ?? '';
    }
    return panels.flatMap((panel) =>
      (panel.targets ?? []).map(({ refId, expr }) => ({
        name: `${title} / ${panel.title} (${refId})`,
        expr: fill(expr),
      })),
    );
  }
}
