#!/usr/bin/env bash
# `cluster.sh FOLDER` runs Kubernetes with one node until SIGTERM. Mounts, network and processes are in namespaces of their
# own, which end with it. The folder contains the programs in bin/, keys in keys/, and the files of node/ filled in.
#
# A network link connects the host with it: the host is 10.87.0.1 for Pods, and reaches Pods (10.88.0.0/24) and Services (10.96.0.0/16).
set -euo pipefail
folder=$1
link=ccs-kube0

if [[ ${2-} != inside ]]; then
    # The settings that the kubelet changes, to restore them afterwards.
    mapfile -t settings < <(sysctl kernel.panic kernel.panic_on_oops vm.overcommit_memory | tr -d ' ')
    end() {
        trap - EXIT TERM
        # The end of the first process inside ends all others; then unshare exits.
        pkill -KILL -P "$sandbox" || true
        wait "$sandbox" || true
        ip link delete "$link" 2>/dev/null || true
        sysctl --quiet --write "${settings[@]}"
        for _ in {1..50}; do
            find /sys/fs/cgroup -depth -path '*/kubepods*' -type d -exec rmdir {} + 2>/dev/null || true
            compgen -G '/sys/fs/cgroup/*/kubepods' >/dev/null || break
            sleep 0.1
        done
    }
    unshare --mount --net --pid --fork --kill-child --mount-proc tini -- "$0" "$folder" inside &
    sandbox=$!
    trap end EXIT
    trap 'exit 0' TERM
    until [[ $(readlink "/proc/$sandbox/ns/net") != $(readlink /proc/self/ns/net) ]]; do sleep 0.02; done
    ip link delete "$link" 2>/dev/null || true
    ip link add "$link" type veth peer name eth0 netns "$sandbox"
    ip address add 10.87.0.1/30 dev "$link"
    ip link set "$link" up
    ip route replace 10.88.0.0/24 via 10.87.0.2
    ip route replace 10.96.0.0/16 via 10.87.0.2
    wait "$sandbox"
    exit 1
fi

# Inside the namespaces, the host's state does not change.
for place in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$place"; done
mkdir -p "$folder"/{log,logs/pods,volume-plugins,addresses}
ip link set lo up
until ip link show eth0 >/dev/null 2>&1; do sleep 0.02; done
ip address add 10.87.0.2/30 dev eth0
ip link set eth0 up
ip route add default via 10.87.0.1
sysctl --quiet --write net.ipv4.ip_forward=1
ip link add cni0 type bridge
ip address add 10.88.0.1/24 dev cni0
ip link set cni0 up

keys=$folder/keys
start() { "$@" >"$folder/log/$(basename "$1").log" 2>&1 & }
start "$folder/bin/etcd" --data-dir "$folder/etcd" --unsafe-no-fsync --log-level warn
start "$folder/bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 \
    --bind-address=10.88.0.1 --advertise-address=10.88.0.1 --secure-port=6443 --profiling=false \
    --tls-cert-file="$keys/apiserver.crt" --tls-private-key-file="$keys/apiserver.key" \
    --client-ca-file="$keys/ca.crt" --token-auth-file="$keys/tokens.csv" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/16 \
    --service-account-key-file="$keys/accounts.pub" --service-account-signing-key-file="$keys/accounts.key" \
    --kubelet-client-certificate="$keys/to-kubelet.crt" --kubelet-client-key="$keys/to-kubelet.key" \
    --kubelet-certificate-authority="$keys/ca.crt" --kubelet-preferred-address-types=InternalIP
start containerd --config "$folder/containerd.toml"
until "$folder/bin/kubectl" --kubeconfig "$keys/admin.kubeconfig" get --raw /readyz >/dev/null 2>&1; do sleep 0.1; done
start "$folder/bin/kube-controller-manager" --kubeconfig="$keys/controllers.kubeconfig" --bind-address=127.0.0.1 \
    --leader-elect=false --use-service-account-credentials=true --profiling=false \
    --service-account-private-key-file="$keys/accounts.key" --root-ca-file="$keys/ca.crt"
start "$folder/bin/kube-scheduler" --kubeconfig="$keys/scheduler.kubeconfig" --bind-address=127.0.0.1 \
    --leader-elect=false --profiling=false
for image in "$folder"/images/*.tar; do
    until ctr --address "$folder/containerd.sock" version >/dev/null 2>&1; do sleep 0.1; done
    ctr --address "$folder/containerd.sock" --namespace k8s.io images import "$image" >/dev/null
done
start "$folder/bin/kubelet" --config="$folder/kubelet.yaml" --kubeconfig="$keys/node.kubeconfig" \
    --hostname-override=node1 --node-ip=10.88.0.1 --root-dir="$folder/kubelet" --cert-dir="$folder/kubelet-keys"
start "$folder/bin/kube-proxy" --config="$folder/proxy.yaml" --hostname-override=node1
wait
