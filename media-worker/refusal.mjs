/** An answer "no" about a file. The codes are those of MediaRefusals in CcdBlazor.Domain/Files/IMediaWorker.cs. */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export const refuse = {
  empty: () => new Refused('media.empty'),
  unknownType: () => new Refused('media.unknown_type'),
  broken: () => new Refused('media.broken'),
  tooManyPixels: () => new Refused('media.too_many_pixels'),
  passwordProtected: () => new Refused('media.password_protected'),
  activePdf: () => new Refused('media.active_pdf'),
  tooManyPages: () => new Refused('media.too_many_pages'),
  archiveBomb: () => new Refused('media.archive_bomb'),
  tookTooLong: () => new Refused('media.took_too_long'),
};

/** The request itself is wrong (no such file, no such template): a bug of the caller, not a verdict about a file. */
export class BadRequest extends Error {}
