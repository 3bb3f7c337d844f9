// Starts the unpacked Chromium headless, as root or not, on a machine with or without the libraries that it wants.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { unpacked } from './unpack.mjs';

export async function launch() {
  const folder = await unpacked();
  const profile = await mkdtemp(join(tmpdir(), 'mailroom-browser-'));
  const executablePath = join(folder, 'chromium');
  const env = { ...process.env, HOME: profile, TMPDIR: profile, FONTCONFIG_FILE: await fontConfiguration(folder, profile) };
  if (lacking(executablePath)) env.LD_LIBRARY_PATH = join(folder, 'al2023', 'lib');
  const clean = () => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  const browser = await puppeteer.launch({
    executablePath,
    env,
    headless: 'shell',
    userDataDir: join(profile, 'profile'),
    // Lambda's image has no sandbox to offer, and root may use none; only pages of our own are opened.
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
  }).catch(async (error) => {
    await clean();
    throw error;
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      await clean();
    },
  };
}

// The packed fonts.conf names folders of Lambda's image: where they are missing Chromium finds no font and ends itself.
async function fontConfiguration(folder, profile) {
  const file = join(profile, 'fonts.conf');
  const escaped = (path) => path.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  await writeFile(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${escaped(join(folder, 'fonts'))}</dir>
  <cachedir>${escaped(join(profile, 'font-cache'))}</cachedir>
</fontconfig>
`,
  );
  return file;
}

function lacking(executable) {
  try {
    return execFileSync('ldd', [executable], { encoding: 'utf8' }).includes('not found');
  } catch {
    return true;
  }
}
