export type ItemState = 'missing' | 'partial' | 'uploaded' | 'accepted' | 'returned' | 'not_needed';
export type DocumentState = 'processing' | 'uploaded' | 'accepted' | 'returned' | 'refused';

export interface DocumentRow {
  id: string; fileName: string; state: DocumentState; returnReason: string | null; uploadedAt: string; canWithdraw: boolean;
}
export interface Item {
  code: string; name: string; group: string | null; required: boolean; state: ItemState; reason: string | null; help: string | null;
  exampleUrl: string | null; minFiles: number; maxFiles: number; formats: string[]; maxBytes: number; canUpload: boolean; documents: DocumentRow[];
}
export interface PageState {
  mode: 'customer' | 'staff'; customerName: string; products: string[]; expiresAt: string | null; closed: string | null;
  percent: number; companyName: string; returnNote: string | null; items: Item[];
}

/**
 * One chosen file on its way.
 * new: as chosen. ready: compressed, may be sent. sending. processing: all bytes are there, the server looks at it.
 * refused: needs the user (another file, or the same again where `again` says so). done: the server's list shows it.
 */
export type Phase = 'new' | 'ready' | 'sending' | 'processing' | 'refused' | 'done';

export interface Entry {
  key: string;               // of this line in the queue
  clientKey: string;         // of the upload: the same through every retry, so that the server never stores the file twice
  scope: string;             // which link or customer page
  item: string;
  name: string;
  type: string;
  size: number;
  blob: Blob | null;
  phase: Phase;
  uploadUrl: string | null;
  attempts: number;
  notBefore: number;         // ms since epoch
  title: string | null;      // what the server said, or why it waits
  code: string | null;
  again: boolean;            // refused, but the same file may be sent again
  addedAt: number;
}

export interface Options { endpoint: string; token: string; customer: string; stateUrl: string; scope: string }
