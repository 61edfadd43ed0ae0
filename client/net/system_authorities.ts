/** The certificate authorities that the operating system trusts, besides those that Deno brings along. */

/** Where systems keep their authorities in one file; the first that exists counts. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The certificates, in PEM; none where the system does not say. `SSL_CERT_FILE` takes the
 * place of the system's store, as in OpenSSL.
 */
export async function systemAuthorities(): Promise<string[]> {
  const file = Deno.env.get("SSL_CERT_FILE");
  if (file) return [readOrNothing(file)];
  const isKeyStore = Deno.build.os === "darwin" || Deno.build.os === "windows";
  const known = isKeyStore ? await fromKeyStore() : [];
  return known.length > 0 ? known : [BUNDLES.map(readOrNothing).find((text) => text !== "") ?? ""];
}

/** Deno 2.6 can't read key stores. */
async function fromKeyStore(): Promise<string[]> {
  const { getCACertificates } = await import("node:tls") as {
    getCACertificates?: (type: "system") => string[];
  };
  return getCACertificates?.("system") ?? [];
}

function readOrNothing(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // The person is told that the certificate is refused; a bundle that can't be read adds nothing.
    return "";
  }
}
