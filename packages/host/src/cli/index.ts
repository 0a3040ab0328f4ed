/** The edge of a process: flags, exit status, signals, feedback. */
export type { Progress } from '../config/index.ts';
export { type Answer, answer, errorDocument, printDocument, printError } from './answer.ts';
export {
  type CommandDefinition,
  type CommandLine,
  type Operand,
  parseCommand,
  parseCommandLine,
} from './create-command.ts';
export { type FeedbackMode, feedbackMode } from './feedback-mode.ts';
export { readCommandLine } from './read-command-line.ts';
export { isDocumentWanted, refuseLine } from './refuse-line.ts';
export { asHoldfastError, explain, type MainContext, runMain, type StopSignal } from './run-main.ts';
export { type FeedbackStream, StatusLine } from './status-line.ts';
export { cutToWidth, displayWidth, printable } from './terminal-text.ts';
export { createWaitFeedback, type WaitFeedbackOptions } from './wait-feedback.ts';
export { lengthOf } from './wait-lines.ts';
export { warn } from './warn.ts';
