// What a person does at the dashboard.
export const TOKEN = 'admin-token';

export async function signIn(page, url, author = 'Ada') {
  await page.goto(`${url}/dashboard`);
  if (!page.url().includes('/sign-in')) return;
  await page.type('#author', author);
  await page.type('#secret', TOKEN);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}
