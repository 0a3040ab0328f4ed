/**
 * Starts the bundle of a command. Plain JavaScript that Node 20 parses, so that an old runtime is refused with a sentence
 * instead of a syntax error, and npm has a file to link before anything is built.
 *
 * What the runtime has built in is got by a call: to import it takes Node longer, see `scripts/built-in-modules.mjs`.
 */

/** @param {string} binUrl - `import.meta.url` of `apps/NAME/bin/COMMAND.js` */
export async function launch(binUrl) {
  if (['-V', '--version'].includes(process.argv[2] ?? '')) {
    const { readFileSync } = await import('node:fs'); // the call is younger than the runtimes that we refuse
    const { version } = JSON.parse(readFileSync(new URL('../package.json', binUrl), 'utf8'));
    process.stdout.on('error', explainLost);
    process.stdout.write(`${version}\n`);
    return;
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 24 || (major === 24 && minor < 15)) {
    refuse(
      `Node ${process.versions.node} is too old [RUNTIME_UNSUPPORTED]`,
      'Use Node 24.15 or newer, or Bun 1.4 or newer.',
    );
    return;
  }
  const { existsSync } = process.getBuiltinModule('node:fs');
  const bundle = new URL('../dist/bundle/main.js', binUrl);
  if (!existsSync(bundle)) {
    refuse(
      'this checkout is not built [NOT_BUILT]',
      'Run npm run build first; npm start and npm test do so by themselves.',
    );
    return;
  }
  // Made by the build for whoever built: code that others could put there would be run.
  const compiled = process.getBuiltinModule('node:url').fileURLToPath(new URL('../dist/compiled', binUrl));
  if (existsSync(compiled)) process.getBuiltinModule('node:module').enableCompileCache?.(compiled);
  await import(bundle.href);
}

function refuse(message, hint) {
  process.stderr.on('error', ignore);
  process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
  process.exitCode = 78;
}

/** As `guardOutput` of a command does, which is not loaded here. */
function explainLost({ code }) {
  if (code === 'EPIPE') return;
  process.exitCode = 74;
  process.stderr.on('error', ignore);
  process.stderr.write(`error: the output cannot be written (${code}) [WRITE_FAILED]\n`);
}

/** Nobody is left to tell; the exit status says it. */
function ignore() {}
