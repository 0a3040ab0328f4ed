/** `holdfast explain CLIENT` */
import { resolve } from 'node:path';
import { systemClock } from '@holdfast/base';
import { type ClientAnswer, explainClient } from '@holdfast/gateway-policy/explain';
import { answer, type CommandLine } from '@holdfast/host/cli';
import { assertSchema } from '@holdfast/truth-db';
import { openPresentTruth } from '../doctor/open-present-truth.ts';
import { clientLines } from './client-lines.ts';
import { explainSettings } from './explain-command.ts';
import { maskEmail } from './mask-email.ts';

const differsStatus = 2;

export async function explain(line: CommandLine): Promise<number> {
  const [word = ''] = line.operands;
  let differs = false;
  const status = await answer(explainSettings, line, async (settings) => {
    const { gateway, dataplane, netns, device, lockBackend, showPersonal } = settings;
    await using truth = openPresentTruth(settings);
    await assertSchema(truth);
    const place = {
      stateDir: resolve(settings.stateDirectory),
      gateway: gateway.value,
      dataplane: dataplane.value,
      netns: netns.value,
      device: device.value,
      lockBackend: lockBackend.value,
    };
    const answers = await explainClient(word, { truth, place });
    const shown = showPersonal.value ? answers : answers.map(withoutPersonal);
    differs = answers.some(({ agreement }) => agreement === 'differs');
    return { document: { asked: word, answers: shown }, lines: shown.flatMap(linesApart) };
  });
  return status === 0 && differs ? differsStatus : status;
}

/** A label is what the customer calls the device. */
function withoutPersonal(found: ClientAnswer): ClientAnswer {
  const { customer, connection } = found;
  return {
    ...found,
    customer: customer && { ...customer, email: maskEmail(customer.email) },
    connection: { ...connection, label: connection.label === null ? null : '…' },
  };
}

function linesApart(found: ClientAnswer, place: number): readonly string[] {
  const lines = clientLines(found, systemClock.wallMs());
  return place === 0 ? lines : ['', ...lines];
}
