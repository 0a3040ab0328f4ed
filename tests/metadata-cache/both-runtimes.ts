/** What every command has to work on. */
import { runtimes } from '../support/repository.ts';

export const bothRuntimes = Object.keys(runtimes) as readonly (keyof typeof runtimes)[];
