# docker build -t mtnlp .                               fetches libtorch and the default encoder, checked by hash
# docker build --build-arg WHEELS=wheels -t mtnlp .     takes their wheels from the folder wheels/ beside this file
# docker build --target infer -t mtnlp-infer .          a model in use: one executable, the encoder in 8 bits, nothing else
# docker run --rm mtnlp                                 trains on the embedded data
# docker run --rm -v "$PWD:/data" mtnlp eval runs/latest

FROM debian:bookworm-slim AS build
WORKDIR /src
# What changes seldom comes first: Debian packages, libtorch and the encoder depend on these two files alone.
COPY run .versions ./
ARG WHEELS=.versions
COPY ${WHEELS} /wheels/
RUN PIP_FIND_LINKS=/wheels ./run setup && rm -rf /wheels /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY include include
COPY src src
RUN ./run build -DBUILD_TESTING=OFF
COPY data data
COPY models models
COPY README.md CHANGELOG.md LICENSE ./
RUN cmake --install build/release --prefix /opt/mtnlp --strip

FROM build AS build-infer
RUN cmake --build build/release --target mtnlp-infer && \
    cmake --install build/release --component infer --prefix /opt/infer --strip

FROM scratch AS infer
COPY --from=build-infer /opt/infer /
USER 1000
WORKDIR /data
ENTRYPOINT ["/bin/mtnlp"]
CMD ["--help"]

# Only what runs: the executable and its libraries, data, encoder, licences; nothing is fetched from here on.
FROM debian:bookworm-slim
COPY --from=build /opt/mtnlp /usr/local
RUN useradd --uid 1000 mtnlp && install --directory --mode 1777 /data
# Files on a mount belong to user 1000; where that is not you: docker run --user "$(id -u):$(id -g)"
USER mtnlp
WORKDIR /data
ENTRYPOINT ["mtnlp"]
CMD ["train"]
