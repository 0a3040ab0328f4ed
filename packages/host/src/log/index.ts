/** Structured logs on stderr. */
export { createLog, type LogLevel } from './create-log.ts';
