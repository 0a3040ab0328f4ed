/** FreeRADIUS asks a mapper over TLS: it believes the authority of tls.conf alone, and shows a certificate of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patient, startFreeradiusServer } from '../support/freeradius-server.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient } from '../support/radius-client.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { type TlsAuthority, tlsAuthority } from '../support/tls-authority.ts';
import { grant, type MapperDouble, openMapperDouble } from './mapper-double.ts';

describe.skipIf(isMissing('freeradius', 'openssl'))('TLS to the mapper', () => {
  let place: TemporaryDirectory;
  let ours: TlsAuthority;
  let theirs: TlsAuthority;
  let mapper: MapperDouble;

  beforeAll(async () => {
    place = await temporaryDirectory();
    ours = tlsAuthority(join(place.path, 'ours'));
    theirs = tlsAuthority(join(place.path, 'theirs'));
    const { certificate, key } = ours.issue('mapper');
    mapper = await openMapperDouble(grant, {
      cert: readFileSync(certificate),
      key: readFileSync(key),
      ca: readFileSync(ours.path),
      requestCert: true,
      rejectUnauthorized: true,
    });
  });

  afterAll(async () => {
    await mapper?.[Symbol.asyncDispose]();
    await place?.[Symbol.asyncDispose]();
  });

  const login = async (authority: TlsAuthority, client?: TlsAuthority) => {
    const shown = client?.issue('freeradius');
    const lines = shown && [`certificate_file = "${shown.certificate}"`, `private_key_file = "${shown.key}"`];
    const conf = [`ca_info_file = "${authority.path}"`, 'check_cert = yes', 'check_cert_cn = yes'];
    await using server = await startFreeradiusServer({
      mapper: mapper.url,
      mapperSecret: 'tls-secret-0123456789',
      options: patient,
      edit: (path, text) =>
        path === 'holdfast/tls.conf' ? [...conf, ...(lines ?? []), ''].join('\n') : text,
    });
    await using nas = await openRadiusClient(server);
    return (await nas.login([['User-Name', 'alice']], 'pw')).kind;
  };

  it('a mapper and a FreeRADIUS of one authority trust each other', async () => {
    expect(await login(ours, ours)).toBe('accept');
  });

  it('a mapper of another authority is told nothing', async () => {
    const before = mapper.asked.length;
    expect(await login(theirs, ours)).toBe('reject');
    expect(mapper.asked).toHaveLength(before);
  });

  it('a FreeRADIUS without a certificate of the authority is not heard', async () => {
    const before = mapper.asked.length;
    expect(await login(ours)).toBe('reject');
    expect(mapper.asked).toHaveLength(before);
  });
});
