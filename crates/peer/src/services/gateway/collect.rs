//! Collects the endorsements of a transaction from the peers of a layout (Fabric 3.1
//! `internal/pkg/gateway/{endorse,endorsement}.go`).

use ccs_layouts::{Endorsers, Layout};
use ccs_ordering::observer::Purpose;
use ccs_proto::gateway::ErrorDetail;
use ccs_proto::peer::{Endorsement, ProposalResponse};
use futures_util::future::join_all;

use super::difference::Difference;
use super::failure::detail;
use super::result::{Unsuccessful, classify, classify_error};
use super::unpacked::GatewayProposal;
use crate::network::ChannelPeer;
use crate::peer::Peer;

/// Message of the detail for a peer whose response differs from an earlier one.
const MISMATCH: &str = "ProposalResponsePayloads do not match";

/// Payload that all endorsers have signed, and their endorsements.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) payload: Vec<u8>,
    pub(super) endorsements: Vec<Endorsement>,
}

/// Collects the endorsements of one proposal.
pub(super) struct Collector<'a> {
    gateway: &'a Peer,
    proposal: &'a GatewayProposal,
    peers: &'a [ChannelPeer],
    /// Answers of the peers that were asked, by their index, in the order in which they were asked.
    answers: Vec<(usize, Answer)>,
    /// Messages of the peers that failed.
    details: Vec<ErrorDetail>,
}

/// Answer of a peer: its response, or nothing if it failed.
type Answer = Option<ProposalResponse>;

impl<'a> Collector<'a> {
    pub(super) fn new(gateway: &'a Peer, proposal: &'a GatewayProposal, peers: &'a [ChannelPeer]) -> Self {
        Self { gateway, proposal, peers, answers: Vec::new(), details: Vec::new() }
    }

    /// Returns the messages of the peers that failed.
    pub(super) fn into_details(self) -> Vec<ErrorDetail> {
        self.details
    }

    /// Asks one peer, which is the first. Returns its response; [`None`] if it failed.
    pub(super) async fn first(&mut self, peer: &ChannelPeer) -> Option<ProposalResponse> {
        let answer = self.ask(peer).await;
        self.note(self.index(peer), answer)
    }

    /// Asks the peers of the first layout, and replaces those that fail as long as another layout is left. Returns
    /// whether a layout is complete; [`Self::collected`] returns its endorsements.
    pub(super) async fn collect(&mut self, plan: &Endorsers<'_, ChannelPeer>) -> Option<Collected> {
        // Layouts with the first endorser need one call less.
        let mut layouts: Vec<_> = plan.layouts.iter().collect();
        let has_answered = |layout: &&Layout| {
            let peers = layout.quantities.iter().filter_map(|(group, _)| plan.groups.get(*group));
            let mut peers = peers.flat_map(|group| &group.peers);
            peers.any(|peer| self.answer(self.index(peer)).is_some())
        };
        layouts.sort_by_key(|layout| !has_answered(layout));
        loop {
            let chosen = layouts.iter().find_map(|layout| self.choose(plan, layout))?;
            if self.ask_all(&chosen).await {
                return Some(self.collected(&chosen));
            }
        }
    }

    /// Asks those of the peers that were not asked yet, all at once. Returns whether all peers have endorsed.
    pub(super) async fn ask_all(&mut self, chosen: &[usize]) -> bool {
        let new: Vec<_> = chosen.iter().copied().filter(|index| self.answer(*index).is_none()).collect();
        let answers = join_all(new.iter().map(|index| self.ask(&self.peers[*index]))).await;
        for (index, answer) in new.into_iter().zip(answers) {
            self.note(index, answer);
        }
        chosen.iter().all(|index| self.answer(*index).is_some_and(Option::is_some))
    }

    /// Returns the endorsements of the given peers, the first endorser's first.
    pub(super) fn collected(&self, chosen: &[usize]) -> Collected {
        let mut collected = Collected::default();
        for (_, response) in self.answers.iter().filter(|(index, _)| chosen.contains(index)) {
            let Some(response) = response else { continue };
            collected.payload.clone_from(&response.payload);
            collected.endorsements.extend(response.endorsement.clone());
        }
        collected
    }

    /// Chooses the peers of a layout, each once, and none that has failed. Prefers peers that have endorsed already.
    fn choose(&self, plan: &Endorsers<'_, ChannelPeer>, layout: &Layout) -> Option<Vec<usize>> {
        let groups = layout.quantities.iter();
        let mut groups: Vec<_> =
            groups.filter_map(|(group, count)| Some((plan.groups.get(*group)?, *count))).collect();
        // A small group has less choice.
        groups.sort_by_key(|(group, _)| group.peers.len());
        let mut chosen = Vec::new();
        for (group, count) in groups {
            let mut left: Vec<_> = group.peers.iter().map(|peer| self.index(peer)).collect();
            left.retain(|index| !chosen.contains(index) && !matches!(self.answer(*index), Some(None)));
            left.sort_by_key(|index| self.answer(*index).is_none());
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            chosen.extend_from_slice(left.get(..count)?);
        }
        Some(chosen)
    }

    fn index(&self, peer: &ChannelPeer) -> usize {
        let position = self.peers.iter().position(|known| std::ptr::eq(known, peer));
        // All peers of a plan are in the list.
        position.unwrap_or(usize::MAX)
    }

    fn answer(&self, index: usize) -> Option<&Answer> {
        self.answers.iter().find(|(known, _)| *known == index).map(|(_, answer)| answer)
    }

    async fn ask(&self, peer: &ChannelPeer) -> Result<ProposalResponse, Unsuccessful> {
        let answer = peer.endorser.process_proposal(self.proposal.decoded(), Purpose::Endorse).await;
        let refused = |error| classify_error(&error, self.gateway.is(&peer.endorser));
        classify(answer.map_err(refused)?)
    }

    /// Records an answer. Returns the response if it succeeded and agrees with the first one.
    fn note(
        &mut self,
        index: usize,
        answer: Result<ProposalResponse, Unsuccessful>,
    ) -> Option<ProposalResponse> {
        let first = self.answers.iter().find_map(|(_, answer)| answer.as_ref());
        let agreed = match (answer, first) {
            (Err(error), _) => Err(error.message),
            (Ok(response), Some(first)) if response.payload != first.payload => {
                let difference = Difference::find(&first.payload, &response.payload);
                self.gateway.observer().warn(format!(
                    "rejected Endorse: {MISMATCH}: {} of {} differs: {difference}; {}",
                    self.peers[index].address(),
                    self.peers[index].organization(),
                    difference.hint(),
                ));
                Err(MISMATCH.to_owned())
            }
            (Ok(response), _) => Ok(response),
        };
        match agreed {
            Ok(response) => {
                self.answers.push((index, Some(response.clone())));
                Some(response)
            }
            Err(message) => {
                self.details.push(detail(&self.peers[index].endorser, message));
                self.answers.push((index, None));
                None
            }
        }
    }
}
