export interface UploadItem { code: string; name: string; formats: string[]; maxBytes: number; left: number }
export interface UploaderOptions { customerId: string; endpoint: string; items: UploadItem[]; selected: string }
export interface DotNetReference { invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown> }

/** Travels with each file as tus metadata, apart from `prepared`, which says that the bytes are final. */
export type FileMeta = {
  customer?: string; item?: string; clientKey?: string; filename?: string; filetype?: string; prepared?: string;
  [key: string]: unknown;
};
export type NoBody = Record<string, never>;
