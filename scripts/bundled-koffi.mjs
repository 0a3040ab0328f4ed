/**
 * What koffi is in a bundle: its native part, as it is. The JavaScript around that adds deprecated names, and loads so much of
 * Node for it that a command takes a third longer to start. Where the native part is not in its usual place, or was made for
 * another libc, the package itself finds the right one.
 */
import { createRequire } from 'node:module';

const machine = [process.platform, process.arch];
const nativePart = `@koromix/koffi-${machine.join('-')}/${machine.join('_')}/koffi.node`;

function firstOf(names) {
  const require = createRequire(import.meta.url);
  const [name, ...others] = names;
  try {
    return require(name);
  } catch (error) {
    if (others.length === 0) throw error;
    return firstOf(others);
  }
}

// biome-ignore lint/style/noDefaultExport: stands in for a module that has one
export default firstOf([nativePart, 'koffi']);
