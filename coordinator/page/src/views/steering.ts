import { ApiError, type RunApi } from '../feed/run-api.ts';
import { askForToken } from './dialogs.ts';
import { notify } from './notices.ts';

/** Does what a button asks for, and tells what came of it; without a token it first asks for one. */
export class Steering {
  readonly #api: RunApi;

  constructor(modules: { readonly api: RunApi }) {
    this.#api = modules.api;
  }

  /**
   * @param button cannot be pressed again meanwhile
   * @param done what is told when it is done
   */
  async act(button: HTMLButtonElement, action: string, done: string): Promise<void> {
    if (!this.#api.hasToken && !(await this.#takeToken())) return;
    button.disabled = true;
    try {
      await this.#api.act(action);
      notify(done, 'done');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(`Not done: ${error.message}.`, 'fault');
      if (error.code === 'unauthorized') await this.#takeToken();
    } finally {
      button.disabled = false;
    }
  }

  async #takeToken(): Promise<boolean> {
    const token = await askForToken();
    if (token === undefined) return false;
    this.#api.useToken(token);
    return true;
  }
}
