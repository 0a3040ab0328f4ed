/** Shows what is wrong in a form, and takes whoever has sent it to the first such field. */
import { flushSync } from 'react-dom';

/** @param show - makes the fields tell */
export function showFaults(form: HTMLFormElement, show: () => void): void {
  flushSync(show);
  form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
