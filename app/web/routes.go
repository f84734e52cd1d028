package web

import (
	"slices"

	"tributary/internal/identity"
	"tributary/internal/program"
)

const (
	get   = "GET"
	post  = "POST"
	patch = "PATCH"

	read  = identity.Read
	write = identity.Write
)

// table is the whole API under /api/v1: method, path, the scope a key needs,
// what it is for, and the handler.
func (s *Server) table() []route {
	return slices.Concat([]route{
		{get, "/session", read, "Tell who calls and for which shop", reads(s.getSession)},

		{get, "/influencers", read, "List influencers", reads(s.listInfluencers)},
		{post, "/influencers", write, "Add an influencer", writes(s.createInfluencer)},
		{post, "/influencers/import", write, "Take influencers in from a CSV file", large(acts(s.importPeople))},
		{get, "/influencers/{id}", read, "Get an influencer", reads(s.getInfluencer)},
		{patch, "/influencers/{id}", write, "Change an influencer", writes(s.changeInfluencer)},
		{post, "/influencers/{id}/activate", write, "Make an influencer active from now on", writes(s.turn(program.Activate))},
		{post, "/influencers/{id}/deactivate", write, "End the time in which an influencer is active", writes(s.turn(program.Deactivate))},
		{post, "/influencers/{id}/ban", write, "Ban an influencer and hold what is pending", writesThen(s.turn(program.Ban), s.settleHeld)},
		{post, "/influencers/{id}/unban", write, "Lift a ban", writesThen(s.turn(program.Unban), s.settleHeld)},

		{post, "/influencers/{id}/erase", write, "Forget who an influencer is; amounts and agreements stay", writes(s.turn(program.Erase))},
		{get, "/influencers/{id}/export", read, "Get all that is kept about an influencer", asks(s.exportInfluencer)},

		{get, "/campaigns", read, "List campaigns", reads(s.listCampaigns)},
		{post, "/campaigns", write, "Add a campaign", writes(s.createCampaign)},
		{get, "/campaigns/{id}", read, "Get a campaign", reads(s.getCampaign)},
		{patch, "/campaigns/{id}", write, "Change a campaign", writes(s.changeCampaign)},

		{get, "/agreements", read, "List agreements with their versions", reads(s.listAgreements)},
		{post, "/agreements", write, "Draft an agreement", writes(s.createAgreement)},
		{get, "/agreements/{id}", read, "Get an agreement with its versions", reads(s.getAgreement)},
		{post, "/agreements/{id}/versions", write, "Draft new terms", writes(s.createVersion)},
		{post, "/agreements/{id}/offer", write, "Offer the draft for signing", writes(s.step(program.Offer))},
		{post, "/agreements/{id}/sign", write, "Sign the offer for one party", writes(s.signAgreement)},
		{post, "/agreements/{id}/decline", write, "Decline the offer", writes(s.step(program.Decline))},
		{post, "/agreements/{id}/withdraw", write, "Take the draft or offer back", writes(s.step(program.Withdraw))},
		{post, "/terms/examples", read, "Work out what draft terms earn for simple things", asks(s.termsExamples)},
		{get, "/terms/schema", read, "Get the JSON Schema of terms", reads(s.termsSchema)},

		{get, "/codes", read, "List codes", reads(s.listCodes)},
		{post, "/codes", write, "Give a code to an agreement", writes(s.createCode)},
		{get, "/codes/{id}", read, "Get a code", reads(s.getCode)},
		{post, "/codes/{id}/end", write, "End a code", writes(s.endCode)},

		{get, "/orders", read, "List orders", reads(s.listOrders)},
		{get, "/orders/{id}", read, "Get an order as it is now", reads(s.getOrder)},
		{get, "/orders/{id}/why", read, "Explain who an order belongs to", reads(s.getWhy)},
		{post, "/orders/{id}/replay", write, "Decide an order again from all that is known of it", acts(s.replayOrder)},
		{post, "/orders/{id}/evidence", write, "Add evidence and settle the order again", writesThen(s.addEvidence, s.settleEvidence)},

		{get, "/earnings", read, "List earnings", reads(s.listEarnings)},
		{get, "/earnings/{id}", read, "Get an earning", reads(s.getEarning)},
		{get, "/earnings/{id}/journals", read, "List the journals of an earning", reads(s.earningJournals)},
		{get, "/journals", read, "List the journals of an influencer", reads(s.listJournals)},
		{get, "/balances", read, "Get balances as of any instant", reads(s.balances)},

		{post, "/simulations", read, "Try draft terms on stored or given orders", large(asks(s.simulate))},

		{get, "/connections", read, "List the connections to a WooCommerce store and how they are", reads(s.listConnections)},
		{post, "/connections/woocommerce", write, "Begin to connect a WooCommerce store by its consent page", acts(s.connectWoo)},
		{get, "/connections/woocommerce/{id}", read, "Get how far connecting a store came", reads(s.getWooInstall)},
		{get, "/shopify", read, "Get the state of our access to a Shopify store", reads(s.getShopify)},
		{get, "/deliveries", read, "List webhook deliveries", reads(s.listDeliveries)},
		{post, "/deliveries/{id}/retry", write, "Try a parked delivery again", writesThen(s.retryDelivery, s.wakeForRetry)},
		{get, "/audit", read, "List who saw or changed what", reads(s.listAudit)},
		{get, "/outbox", read, "List work outside: codes in the store, mails", reads(s.listOutbox)},
		{post, "/outbox/{id}/retry", write, "Try failed or doubtful work again", writes(s.retryOutbox)},
	}, s.discountTable(), s.reconcileTable(), s.linkTable(), s.payoutTable(), s.disputeTable(), s.proposalTable(), s.taxTable(), s.assetTable(), s.applicationTable(), s.kpiTable(), s.leadTable(), s.liveTable(), s.postTable(), s.giveawayTable(), s.landingTable(), s.pluginTable(), s.privacyTable(),
		s.settingsTable(), s.reportTable())
}
