export function sizeText(bytes: number): string {
  return bytes >= 1048576 ? `${Math.round(bytes / 1048576 * 10) / 10} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`;
}

/** For names: 20261120-140512. */
export function stamp(d = new Date()): string {
  const two = (n: number) => ('0' + n).slice(-2);
  return `${d.getFullYear()}${two(d.getMonth() + 1)}${two(d.getDate())}-${two(d.getHours())}${two(d.getMinutes())}${two(d.getSeconds())}`;
}
