/** A wait that can be cut short: the network is back, the user does not want to wait, or the tab is done with it. */
import type { EditorPorts } from './editor-ports.ts';

export class Pause {
  readonly #ports: Pick<EditorPorts, 'after'>;
  #end: (() => void) | undefined;

  constructor(ports: Pick<EditorPorts, 'after'>) {
    this.#ports = ports;
  }

  for(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#ports.after(ms, () => this.cut());
      this.#end = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Without an end of its own: until somebody cuts it. */
  untilCut(): Promise<void> {
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  cut(): void {
    const end = this.#end;
    this.#end = undefined;
    end?.();
  }
}
