/** From flags, environment and file to settings and a state directory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isSwitchedOn, loadSettings } from './load-settings.ts';
import { placeSettings } from './place-settings.ts';
import type { Setting } from './setting.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-settings-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

const load = (flags: Readonly<Record<string, string>>) => loadSettings(placeSettings, flags);

describe('the state directory of a call', () => {
  it('is that of the file, which is looked for where flag, environment or default say', () => {
    const config = join(directory, 'named.json');
    writeFileSync(config, '{"stateDir": "/elsewhere"}');
    expect(load({ config }).stateDirectory).toBe('/elsewhere');
  });

  it('is that of flag or environment before that of the file', () => {
    writeFileSync(
      join(directory, 'holdfast.config.json'),
      '{"stateDir": "/elsewhere", "database": "sqlite:x"}',
    );
    expect(load({ stateDir: directory })).toMatchObject({
      stateDirectory: directory,
      database: { value: 'sqlite:x', source: 'config file' },
    });
    vi.stubEnv('HOLDFAST_STATE_DIR', directory);
    expect(load({}).stateDirectory).toBe(directory);
  });
});

describe('a configuration file', () => {
  it('may have keys of other commands, and none that nobody has', () => {
    const config = join(directory, 'named.json');
    writeFileSync(config, '{"interval": "10s", "onLocked": "fail"}');
    expect(() => load({ config })).not.toThrow();
    writeFileSync(config, '{"force": true}');
    expect(() => load({ config })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('a switch', () => {
  const json: Setting<boolean> = {
    flag: '--json',
    describe: 'JSON',
    parse: (text) => {
      if (text === 'true' || text === 'false') return text === 'true';
      throw new Error('neither true nor false');
    },
    fallback: false,
  };

  it.each([
    [{ json: 'true' }, '', true],
    [{}, 'true', true],
    [{}, '', false],
    [{}, 'perhaps', false],
  ])('with flags %j and variable %j is on: %s', (flags, variable, isOn) => {
    vi.stubEnv('HOLDFAST_JSON', variable);
    expect(isSwitchedOn(json, flags)).toBe(isOn);
  });
});
