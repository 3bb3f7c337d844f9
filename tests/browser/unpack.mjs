// Unpacks the pinned Chromium into node_modules/.chromium, once: no browser of the machine is needed or used.
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
export const FOLDER = join(HERE, 'node_modules', '.chromium');

export async function unpacked() {
  try {
    await access(FOLDER);
    return FOLDER;
  } catch {
    // Unpacked elsewhere and moved: a killed run leaves nothing that looks whole.
    const temporary = `${FOLDER}.${process.pid}`;
    await mkdir(temporary, { recursive: true });
    process.env.TMPDIR = temporary;
    try {
      const { inflate } = await import('@sparticuz/chromium');
      const packed = join(HERE, 'node_modules', '@sparticuz', 'chromium', 'bin');
      const parts = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'];
      await Promise.all(parts.map((part) => inflate(join(packed, part))));
      await rename(temporary, FOLDER);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return FOLDER;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await unpacked();
