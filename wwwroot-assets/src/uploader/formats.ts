// The formats of an item: as the file picker asks for them, as a file is measured by them, and in words.
const KNOWN: Record<string, string[]> = {
  jpg: ['.jpg', '.jpeg', 'image/jpeg', '.heic', '.heif', 'image/heic', 'image/heif'], jpeg: ['.jpg', '.jpeg', 'image/jpeg'],
  png: ['.png', 'image/png'], webp: ['.webp', 'image/webp'], pdf: ['.pdf', 'application/pdf'], docx: ['.docx'], xlsx: ['.xlsx'],
};
const WORDS: Record<string, string> = { jpg: '照片', jpeg: '照片', png: '照片', webp: '照片', heic: '照片', pdf: 'PDF', docx: 'Word', xlsx: 'Excel' };

export function typesOf(formats: readonly string[]): string[] {
  return [...new Set(formats.flatMap(f => KNOWN[f.toLowerCase()] ?? [`.${f}`]))];
}

export function isOneOf(formats: readonly string[], name: string, type: string | undefined): boolean {
  const types = typesOf(formats);
  return (!!type && types.includes(type.toLowerCase())) || types.some(t => t.startsWith('.') && name.toLowerCase().endsWith(t));
}

export function kindsOf(formats: readonly string[]): string {
  return [...new Set(formats.map(f => WORDS[f.toLowerCase()] ?? f))].join('、');
}
