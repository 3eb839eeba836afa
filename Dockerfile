# One image for every role: `docker run … tocsin run ingest`, `… run desk`. There is no build step, Node runs the sources as they are.
#   docker build --tag tocsin:local .
#   docker build --target sbom --output type=local,dest=sbom .
# The digest is that of the index of all platforms. Whoever raises the tag raises it too: `docker buildx imagetools inspect node:<tag>`.
ARG NODE_IMAGE=node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /opt/tocsin
COPY --chown=root:root package.json package-lock.json .npmrc ./
COPY --chown=root:root bin ./bin
COPY --chown=root:root infra/policy/package.json ./infra/policy/package.json
# Nothing that production needs is built at installation, so no package gets to run a script here.
RUN ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
COPY --chown=root:root deploy/image ./deploy/image
# Takes away what is for other platforms and the Node that comes as a package, then lists what is left.
RUN ["node", "deploy/image/slim.ts", "/opt/tocsin"]
RUN ["node", "deploy/image/write-sbom.ts", "/opt/tocsin", "/sbom/tocsin.cdx.json"]

# What is in the image, as CycloneDX. Packages of Debian are not in it: ask a scanner of images for those.
FROM scratch AS sbom
COPY --from=dependencies /sbom/ /

FROM ${NODE_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Tocsin" \
      org.opencontainers.image.description="Watches the emergency calls of a Microsoft Teams tenant, pages people until somebody acts, and proves afterwards what happened" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="docker.io/library/node:24.18.0-bookworm-slim"
# Neither npm nor yarn is needed to run, and what is not there needs no update. The state folders are the only places the program may write to;
# a volume that is mounted there takes over their owner.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-* /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && ln -s /opt/tocsin/bin/tocsin.mjs /usr/local/bin/tocsin \
 && install -d -m 0755 /etc/tocsin \
 && install -d -o 1000 -g 1000 -m 0700 /var/lib/tocsin /var/lib/tocsin-shared
# The program belongs to root: the process cannot change what it runs.
COPY --chown=root:root --from=dependencies /opt/tocsin/node_modules /opt/tocsin/node_modules
COPY --chown=root:root --from=dependencies /sbom/tocsin.cdx.json /opt/tocsin/sbom.cdx.json
COPY --chown=root:root . /opt/tocsin
# swc, by which the worker bundles its workflows, unpacks its native part when it is loaded: below the home folder, which is read-only, or in /tmp, from which
# container engines let nothing be executed. So it is told where.
ENV NODE_ENV=production \
    TOCSIN_STATE_DIR=/var/lib/tocsin \
    TOCSIN_CACHE_DIR=/var/lib/tocsin/cache \
    SWC_NATIVE_BINDING_CACHE=/var/lib/tocsin/cache/swc
# A `tocsin.json` that is mounted here is read.
WORKDIR /etc/tocsin
USER 1000:1000
VOLUME ["/var/lib/tocsin"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 CMD ["node", "/opt/tocsin/deploy/image/healthcheck.ts"]
ENTRYPOINT ["tocsin"]
CMD ["--help"]
