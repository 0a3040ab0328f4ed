/** A DISCO API on loopback with as much as one wants: distributions of made-up packages, the size of real ones. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LargeCatalogue extends AsyncDisposable {
  readonly url: string;
  /** Of all answers together, in bytes. */
  readonly sizeBytes: number;
}

const distributions = 25;

export async function largeCatalogue(sizeBytes: number): Promise<LargeCatalogue> {
  const names = Array.from({ length: distributions }, (_, place) => `distribution_${place}`);
  const list = JSON.stringify({ result: names.map((name) => ({ name, api_parameter: name })), message: '' });
  const bodies = new Map(names.map((name) => [name, packagesOf(name, sizeBytes / distributions)]));
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '', 'http://localhost').searchParams.get('distro');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(name === null ? list : bodies.get(name));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sizeBytes: [...bodies.values()].reduce((sum, body) => sum + body.length, list.length),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function packagesOf(distribution: string, sizeBytes: number): string {
  const each = JSON.stringify(packageOf(distribution, 0)).length + 1;
  const packages = Array.from({ length: Math.ceil(sizeBytes / each) }, (_, place) =>
    packageOf(distribution, place),
  );
  return JSON.stringify({ result: packages, message: '' });
}

function packageOf(distribution: string, place: number): object {
  const id = `${distribution}${String(place).padStart(12, '0')}`.padStart(32, '0').slice(-32);
  const at = `https://api.foojay.io/disco/v3.0/ids/${id}`;
  return {
    id,
    archive_type: 'tar.gz',
    distribution,
    major_version: 21,
    java_version: '21.0.7+6',
    distribution_version: '21.0.7',
    jdk_version: 21,
    latest_build_available: true,
    release_status: 'ga',
    term_of_support: 'lts',
    operating_system: 'linux',
    lib_c_type: 'glibc',
    architecture: 'x64',
    fpu: 'unknown',
    package_type: 'jdk',
    javafx_bundled: false,
    directly_downloadable: true,
    filename: `${distribution}-jdk_x64_linux_hotspot_${place}.tar.gz`,
    links: { pkg_info_uri: at, pkg_download_redirect: `${at}/redirect` },
    free_use_in_production: true,
    tck_tested: 'unknown',
    tck_cert_uri: '',
    aqavit_certified: 'unknown',
    aqavit_cert_uri: '',
    size: 200_000_000 + place,
    feature: [],
  };
}
