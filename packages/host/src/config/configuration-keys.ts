/**
 * The keys that a configuration file may have, of all commands together: one file serves every command of a machine, so
 * each accepts the keys of the others and none accepts a key that nobody has.
 */
export const configurationKeys: readonly string[] = [
  'config',
  'database',
  'dataplane',
  'device',
  'gateway',
  'interval',
  'json',
  'lockBackend',
  'lockTimeout',
  'logLevel',
  'netns',
  'onLocked',
  'progress',
  'removalCount',
  'removalShare',
  'stateDir',
];
