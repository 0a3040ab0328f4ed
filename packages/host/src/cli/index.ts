/** The edge of a process: flags, exit status, signals, feedback. */
export { type CommandDefinition, parseCommandLine } from './create-command.ts';
export { asHoldfastError, explain, type MainContext, runMain } from './run-main.ts';
export {
  createWaitFeedback,
  type FeedbackStream,
  type Progress,
  type WaitFeedbackOptions,
} from './wait-feedback.ts';
