/** Ingests a spool in a process of its own: `spool-child.ts DATABASE DIRECTORY GATEWAY [die]`. Prints the report. */
import { ingestSpool } from '@holdfast/gateway-policy';
import { openTruth } from '@holdfast/truth-db';

const [database = '', directory = '', gateway = '', end] = process.argv.slice(2);
await using truth = openTruth(database, { create: false });
const report = await ingestSpool({
  truth,
  gateway,
  directory,
  at: Date.now(),
  signal: new AbortController().signal,
  // After the commit, before the files go.
  onCommit: () => {
    if (end === 'die') process.kill(process.pid, 'SIGKILL');
    return new Promise((resolve) => setTimeout(resolve, end === 'die' ? 60_000 : 0));
  },
});
process.stdout.write(`${JSON.stringify(report)}\n`);
