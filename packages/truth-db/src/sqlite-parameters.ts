/** JavaScript values as parameters for `node:sqlite`. */
import type { SQLInputValue } from 'node:sqlite';
import { bindable } from './bindable.ts';

/** @throws HoldfastError INTERNAL - a value that is not `bindable` */
export function sqliteParameters(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map(bindable) as SQLInputValue[];
}
