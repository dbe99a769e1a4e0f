import { element } from '../markup/element.ts';

/** Asks before something that cannot be taken back. Escape says no. */
export async function confirmed(question: string, consequence: string, verb: string): Promise<boolean> {
  const answer = await ask(question, [element('p', {}, consequence)], verb);
  return answer !== undefined;
}

/** Asks for the run's token, and says where it is found. @returns undefined when there is none to give */
export async function askForToken(): Promise<string | undefined> {
  const field = element('input', {
    name: 'token',
    type: 'password',
    autocomplete: 'off',
    required: true,
    'aria-label': 'Token',
  });
  const where = element(
    'p',
    {},
    'Anybody who reaches this page may look. To steer the run it needs the token of the run: open the address that ',
    element('code', {}, 'npm start'),
    ' or ',
    element('code', {}, 'npx atelier status'),
    ' prints (it ends in #token=…), or paste the token here. It is also in the file page-token of the run’s folder.',
  );
  const answer = await ask('You are looking on', [where, field], 'Use this token');
  const token = answer === undefined ? '' : field.value.trim();
  return token === '' ? undefined : token.replace(/^.*#token=/, '');
}

function ask(title: string, content: readonly Node[], verb: string): Promise<string | undefined> {
  const heading = element('h2', { id: 'dialog-title' }, title);
  const cancel = element('button', { type: 'button' }, 'Cancel');
  const accept = element('button', { value: 'yes', class: 'primary' }, verb);
  const form = element(
    'form',
    { method: 'dialog' },
    heading,
    ...content,
    element('div', { class: 'dialog-actions' }, cancel, accept),
  );
  const dialog = element('dialog', { 'aria-labelledby': 'dialog-title' }, form);
  cancel.addEventListener('click', () => dialog.close(''));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes' ? 'yes' : undefined);
    });
  });
}
