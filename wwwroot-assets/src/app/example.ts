// A file that was chosen in a component, sent past the circuit.

export interface SentExample { id?: string; text?: string }

/** The example picture of a checklist line. */
export const sendExample = (inputId: string): Promise<SentExample> => sendFile(inputId, '/api/products/example', 10);

export async function sendFile(inputId: string, address: string, mostMegabytes: number): Promise<SentExample> {
  const input = document.getElementById(inputId) as HTMLInputElement | null;
  const file = input?.files?.[0];
  if (!input || !file) return {};
  if (file.size > mostMegabytes * 1024 * 1024) { input.value = ''; return { text: `文件超过 ${mostMegabytes} MB，请缩小后再传。` }; }
  const form = new FormData();
  form.append('file', file);
  try {
    const answer = await fetch(address, { method: 'POST', body: form, headers: { 'X-Requested-With': 'ccd' }, credentials: 'same-origin' });
    const body = await answer.json().catch(() => null) as { id?: string; title?: string } | null;
    if (answer.ok && body?.id) return { id: body.id };
    return { text: body?.title ?? '上传没有成功，请刷新页面后重试。' };
  } catch {
    return { text: '网络不通，文件没有上传，请稍后重试。' };
  } finally {
    input.value = '';
  }
}
