// What cdktf.json runs: `cdktf synth` in a folder with tocsin.yaml. `tocsin synth` does the same without cdktf-cli.
import { loadConfig } from '../src/config/load.js';
import { explain } from '../src/program/explain.js';
import { synthesize } from './synthesize.js';

try {
  const cwd = process.cwd();
  const config = await loadConfig(cwd);
  await synthesize(config, {
    ...{ cwd, outdir: process.env.CDKTF_OUTDIR ?? 'cdktf.out' },
    hcl: process.env.SYNTH_HCL_OUTPUT === 'true',
  });
} catch (error) {
  const { code, text } = explain(error);
  process.stderr.write(text);
  process.exitCode = code;
}
