/**
 * What the DISCO API answers, v3.0, as its README documents it: `{ "result": […], "message": "…" }`. What it adds later is
 * left away; a field that is missing or of another type makes the answer invalid.
 *
 * @see https://github.com/foojayio/discoapi
 */
import { z } from 'zod';

/** Some flags are a boolean for one package and "unknown" for the next. */
const flag = z.union([z.boolean(), z.string()]);

export const distributionsSchema = z.object({
  result: z.array(
    z.object({
      name: z.string(),
      /** By which packages are asked for: `zulu`, `graalvm_ce17`. */
      api_parameter: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
      maintained: z.boolean().optional(),
      available: z.boolean().optional(),
    }),
  ),
});

export const packageSchema = z.object({
  id: z.string(),
  archive_type: z.string(),
  distribution: z.string(),
  major_version: z.int(),
  java_version: z.string(),
  distribution_version: z.string(),
  jdk_version: z.int().optional(),
  latest_build_available: flag,
  release_status: z.string(),
  term_of_support: z.string(),
  operating_system: z.string(),
  lib_c_type: z.string(),
  architecture: z.string(),
  fpu: z.string().optional(),
  package_type: z.string(),
  javafx_bundled: flag,
  directly_downloadable: flag,
  filename: z.string(),
  links: z.object({ pkg_info_uri: z.string().optional(), pkg_download_redirect: z.string() }),
  free_use_in_production: flag.optional(),
  tck_tested: flag.optional(),
  tck_cert_uri: z.string().optional(),
  aqavit_certified: flag.optional(),
  aqavit_cert_uri: z.string().optional(),
  size: z.number().optional(),
  feature: z.array(z.unknown()).optional(),
});

export const packagesSchema = z.object({ result: z.array(packageSchema) });

export type FoojayPackage = Readonly<z.infer<typeof packageSchema>>;
