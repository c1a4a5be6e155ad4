# Two images. From the project's folder:
#   docker compose build gateway       the gateway with its media node and mixing engine, which are processes of its own
#   docker compose build media-node    a media host: media nodes alone, for a gateway on another machine
# or without Compose, with another target and tag for the second (media-node, interop-media-node:0.1.0):
#   docker build --file deploy/images/gateway.Dockerfile --target gateway --tag interop-gateway:0.1.0 .
# LiveKit is not in them: the gateway's container needs LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET. Whoever passes the
# built images on passes on node-av's binary, which has parts under GPLv3: see NOTICE.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package needs its install script, and none gets to run one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# The same steps as of `npm start`.
RUN node --input-type=module --eval "import { build } from './scripts/steps/build.mjs'; await build(process.cwd())"

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE} AS base
# tini hands signals on to the one program, which ends its calls or media nodes, and buries what others leave behind.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 gateway \
 && useradd --uid 10001 --gid gateway --no-create-home --home-dir /data --shell /usr/sbin/nologin gateway \
 && install --directory --owner gateway --group gateway --mode 0700 /data
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE NOTICE ./
COPY gateway/prompts gateway/prompts
USER 10001:10001

FROM base AS media-node
COPY deploy/images/media-node-health.mjs deploy/images/
COPY --from=build /app/dist/mcu dist/mcu
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s CMD ["node", "deploy/images/media-node-health.mjs"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--enable-source-maps", "dist/mcu/host/main.js"]

FROM base AS gateway
ENV GATEWAY_DATA_FOLDER=/data GATEWAY_LOG_PRETTY=false
COPY gateway.yaml ./
COPY dialplans/plans dialplans/plans
COPY deploy/images/health.mjs deploy/images/
COPY --from=build /app/dist dist
VOLUME /data
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s CMD ["node", "deploy/images/health.mjs", "live"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--enable-source-maps", "dist/gateway/main.js"]
