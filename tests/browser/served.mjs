// Starts the app (`serve.py`) and ends it again by closing its standard input.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export async function serve() {
  const python = process.env.MAILROOM_PYTHON ?? join(ROOT, '.venv', 'bin', 'python');
  const child = spawn(python, ['-m', 'tests.browser.serve'], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let url;
  // Beside the address the app prints its log there: read on, or it would wait for a reader.
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('http')) {
      url = line.trim();
      break;
    }
  }
  if (!url) throw new Error('the app did not start');
  child.stdout.resume();
  return {
    url,
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
