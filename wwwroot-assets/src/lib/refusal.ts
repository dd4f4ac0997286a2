/** What the server says when it will not take something: ProblemDetails with a Chinese title and a stable code. */
export interface Refusal { title: string; code: string; status: number }

export function parseRefusal(status: number, body: string | null | undefined): Refusal | null {
  if (!body) return null;
  try {
    const p = JSON.parse(body) as Record<string, unknown>;
    const title = typeof p.title === 'string' ? p.title : '';
    if (!title) return null;
    return { title, code: typeof p.code === 'string' ? p.code : '', status };
  } catch { return null; }
}

/** A Chinese sentence for an answer without one of its own. */
export function defaultTitle(status: number): string {
  switch (status) {
    case 0: return '网络不通，请检查网络后重试';
    case 401: return '登录已过期，请刷新页面重新登录';
    case 403: return '没有权限上传到这里';
    case 404: case 410: return '这次上传已失效，请重新选择文件';
    case 409: case 423: return '文件正在别处上传，请稍后重试';
    case 413: return '文件太大，服务器没有接收';
    case 415: return '这种文件类型不能上传';
    case 429: return '操作太频繁，请稍后重试';
    case 507: return '服务器存储空间不足，请联系管理员，文件还在本机';
    default: return status >= 500 ? '服务器暂时出错，请稍后重试' : '文件没有上传成功，请重试';
  }
}

/**
 * Whether the same request may be sent again without asking anybody. Status 0 is a network error.
 * 409 and 423 on PATCH/HEAD speak of the offset or of another request still holding the upload: the next HEAD settles it.
 * 507 (disk full) does not heal within minutes; other 4xx are decisions.
 */
export function mayRetry(status: number, method: string): boolean {
  if (status === 0 || status === 408 || status === 429) return true;
  if (status === 409 || status === 423) return method !== 'POST';
  return status >= 500 && status !== 507;
}

/** True when the answer is final for this upload, so that a later attempt must be a new upload with a key of its own. */
export function endsUpload(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 409, 423, 429].includes(status);
}

interface TusError { originalRequest?: { getMethod(): string } | null; originalResponse?: { getStatus(): number; getBody(): string } | null }

/** Status, method and refusal of an error that tus-js-client reports. */
export function readTusError(error: unknown): { status: number; method: string; refusal: Refusal } {
  const e = error as TusError;
  const status = e?.originalResponse?.getStatus() ?? 0;
  const method = e?.originalRequest?.getMethod() ?? '';
  let body = '';
  try { body = e?.originalResponse?.getBody() ?? ''; } catch { /* not text */ }
  return { status, method, refusal: parseRefusal(status, body) ?? { title: defaultTitle(status), code: '', status } };
}
