// A list of recipients: chosen in a component, sent past the circuit, read by the server.
const MOST_BYTES = 10 * 1024 * 1024;

export interface SentRecipients { id?: string; text?: string }

export async function sendRecipients(inputId: string): Promise<SentRecipients> {
  const input = document.getElementById(inputId) as HTMLInputElement | null;
  const file = input?.files?.[0];
  if (!input || !file) return {};
  if (file.size > MOST_BYTES) { input.value = ''; return { text: '文件超过 10 MB，请拆成几个文件。' }; }
  const form = new FormData();
  form.append('file', file);
  try {
    const answer = await fetch('/messages/send/recipients', { method: 'POST', body: form, headers: { 'X-Requested-With': 'ccd' }, credentials: 'same-origin' });
    const body = await answer.json().catch(() => null) as { id?: string; title?: string } | null;
    if (answer.ok && body?.id) return { id: body.id };
    return { text: body?.title ?? '上传没有成功，请刷新页面后重试。' };
  } catch {
    return { text: '网络不通，文件没有上传，请稍后重试。' };
  } finally {
    input.value = '';
  }
}
