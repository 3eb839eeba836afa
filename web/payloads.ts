/** Shows what Temporal's histories hold in plain words, to the pages of a cluster that ask for it. */
export interface PayloadReader {
  /** Where those pages are, such as `https://temporal.contoso.example`: nobody else's may ask. */
  readonly origin: string;
  /** Answers `POST …/decode` of a codec server, preflights included (Temporal documentation, "Codec Server"). */
  decode(request: Request): Promise<Response>;
}

/** The pages are told the address without its `/decode`, which they add. */
export const decodePath = '/api/payloads/decode';
