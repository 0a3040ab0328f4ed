/**
 * Names of network devices, checked before they reach a command. The kernel allows 1 to 15 bytes without '/', ':' and
 * blanks; quotes, '#' and '\' are refused as well, because the batch mode of tc gives them a meaning.
 */

export function isDeviceName(name: string): boolean {
  return /^[!-~]{1,15}$/.test(name) && !/[/:"'#\\]/.test(name) && name !== '.' && name !== '..';
}
