// `make screenshots`: the dashboard in light and dark, as it stands in the documents.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { signIn } from './people.mjs';
import { serve } from './served.mjs';

const folder = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs');
const pages = process.argv[3]?.split(',') ?? [''];
await mkdir(folder, { recursive: true });
const app = await serve();
const { browser, close } = await launch();
try {
  for (const scheme of ['light', 'dark']) {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await signIn(page, app.url);
    for (const name of pages) {
      await page.goto(`${app.url}/dashboard${name}`);
      const file = `dashboard${name.replace(/[^a-z0-9]+/gi, '-')}-${scheme}.png`;
      await page.screenshot({ path: join(folder, file), fullPage: true });
    }
    await page.close();
  }
} finally {
  await close();
  await app.close();
}
